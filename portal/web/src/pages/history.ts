import type { App, Page } from "../app"; import { h } from "../dom"; export function openHistory(_a: App, _p: string): Page { return {title: 'x', element: h('p')}; }
