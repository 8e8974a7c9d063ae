"""Script of a page that loads its files again where the root in their addresses was wrong. See docs/adr/0150."""

import base64
import hashlib

ROOT_SCRIPT = """
(function (depth) {
  var folders = location.pathname.split("/").filter(Boolean);
  var root = [""].concat(folders.slice(0, Math.max(0, folders.length - depth))).join("/");
  addEventListener("error", function (event) {
    var failed = event.target, name = failed.src ? "src" : "href";
    var file = /\\/assets\\/[^/]+$/.exec(failed[name] || "");
    if (!file || failed.dataset.again) return;
    var again = document.createElement(failed.tagName);
    ["type", "rel"].forEach(function (kept) { if (failed[kept]) again[kept] = failed[kept]; });
    again.dataset.again = "true";
    again[name] = root + file[0];
    failed.replaceWith(again);
  }, true);
})(Number(document.currentScript.dataset.depth));
"""
"""The root is the path in the browser without the folders below it, whose number the portal knows."""

ROOT_SCRIPT_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(ROOT_SCRIPT.encode()).digest()).decode()}'"
"""The script in a content security policy."""
