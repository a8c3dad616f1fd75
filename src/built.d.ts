/** What the build makes (scripts/build-config.ts); tests and types do without a build. */
declare module "*/dist/config.json" {
  /** config/router.yaml, checked: a mapping. */
  const config: unknown;
  export default config;
}

declare module "*/further/judges.mjs" {
  /** Of src/routing/strategies/judges/. */
  export const judges: import("./routing/strategies/strategy.ts").Judges;
}

declare module "*/further/vectors.bin" {
  const vectors: ArrayBuffer;
  export default vectors;
}

declare module "*/further/yaml.mjs" {
  /** Of src/config/yaml.ts. */
  export function readYaml(text: string): import("./config/document.ts").Document;
}
