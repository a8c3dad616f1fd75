/** What the build makes (scripts/build-config.ts); tests and types do without a build. */
declare module "*/dist/config.json" {
  /** config/router.yaml, checked: a mapping. */
  const config: unknown;
  export default config;
}

declare module "*/further/yaml.mjs" {
  /** Of src/config/yaml.ts. */
  export function readYaml(text: string): import("./config/document.ts").Document;
}
