import { app } from "./app.ts";

export { ChatSession } from "./objects/chat-session.ts";
export { ReasoningStore } from "./objects/reasoning-store.ts";
export { RoundRobin } from "./objects/round-robin.ts";
export default app;
