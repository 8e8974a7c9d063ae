/** Shared worker that holds the event stream of all tabs. */

import { StreamHub } from "./stream_hub";

const hub = new StreamHub();
const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };
scope.onconnect = ({ ports: [port] }) => {
  if (port) hub.connect(port);
};
