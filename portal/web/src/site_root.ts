/** Root of the portal: the path below which a proxy serves it, such as `/lalin`; "" at the top of a host.
 *
 * All paths in this application are below the root. They get it where they become an address of the browser.
 */

/** The scripts are in one folder below the root, so their own address contains it, whatever the proxy does. */
const ROOT = rootOf(import.meta.url);

export function rootOf(script: string): string {
  const { protocol, pathname } = new URL("..", script);
  return protocol.startsWith("http") ? pathname.slice(0, -1) : "";
}

/** The address of a path below the root. */
export function siteAddress(path: string, root: string = ROOT): string {
  return root + path;
}

/** The path below the root, without a slash at its end, of an address of this site. */
export function sitePath(address: string, root: string = ROOT): string {
  const path = address === root || address.startsWith(`${root}/`) ? address.slice(root.length) : address;
  return path.replace(/\/+$/, "") || "/";
}

/** Whether an address is below the root. */
export function isSiteAddress(address: string, root: string = ROOT): boolean {
  return address.startsWith(`${root}/`);
}
