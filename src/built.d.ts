/** What the build makes (scripts/build-config.mjs); tests and types do without a build. */
declare module "*/further/config.txt" {
  /** config/router.yaml, checked: JSON of a `Packed`. */
  const packed: string;
  export default packed;
}

declare module "*/further/judges.mjs" {
  /** Of src/routing/strategies/judges/. */
  export const judges: import("./routing/strategies/strategy.ts").Judges;
}

declare module "*/further/reader.mjs" {
  /** Of src/config/index.ts. */
  type Reader = typeof import("./config/index.ts");
  export const checkConfig: Reader["checkConfig"];
  export const expandWith: Reader["expandWith"];
  export const patternProblem: Reader["patternProblem"];
  export const readJson: Reader["readJson"];
  export const readLimits: Reader["readLimits"];
}

declare module "*/further/vectors.bin" {
  const vectors: ArrayBuffer;
  export default vectors;
}

declare module "*/further/yaml.mjs" {
  /** Of src/config/yaml.ts. */
  export function readYaml(text: string): import("./config/document.ts").Document;
}
