import { app } from "./app.ts";

export { ChatSession } from "./objects/session/object.ts";
export { KeyDirectory } from "./objects/directory/object.ts";
export { Ledger } from "./objects/ledger/object.ts";
export { KeyAccount } from "./objects/key/object.ts";
export { ResponseChain } from "./objects/responses/object.ts";
export { PlaceHealth } from "./objects/health/object.ts";
export { ReasoningStore } from "./objects/reasoning/object.ts";
export { RoundRobin } from "./objects/round-robin/object.ts";
export { StickySession } from "./objects/sticky/object.ts";
export default app;
