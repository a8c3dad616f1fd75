import { describe, expect, it } from "vitest";
import { PathRouter } from "../../../src/http/path-router.ts";

const router = new PathRouter<string>();
for (const path of ["/*", "/things", "/things/:id", "/things/new", "/files/:id{.+}", "/:kind/:id/parts"]) {
  router.add("ALL", path, path);
}

/** What runs for a path, with its parameters. */
function found(path: string): unknown[] {
  return router.match("GET", path)[0].map(([handler, params]) => [handler, { ...params }]);
}

describe("a path", () => {
  const everywhere = ["/*", {}];
  it.each<[string, ...unknown[]]>([
    ["/nowhere"],
    ["/"],
    ["/things", ["/things", {}]],
    ["/things/a%20b", ["/things/:id", { id: "a%20b" }]],
    ["/things/"],
    ["/things/a/b"],
    ["/things/new", ["/things/new", {}]],
    ["/files/a/b.c", ["/files/:id{.+}", { id: "a/b.c" }]],
    ["/files/"],
    ["/things/a/parts", ["/:kind/:id/parts", { kind: "things", id: "a" }]],
    ["/x/things/a"],
  ])("%s is found whole, or by its parameters", (path, ...expected) => {
    expect(found(path)).toEqual([everywhere, ...expected]);
  });
});
