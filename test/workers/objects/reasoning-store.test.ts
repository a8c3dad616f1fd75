import { reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ReasoningBlock } from "../../../src/chat/delta.ts";
import { reasoningMemory } from "../../../src/objects/reasoning/client.ts";
import { ReasoningStore } from "../../../src/objects/reasoning/object.ts";

afterEach(async () => {
  vi.useRealTimers();
  await reset();
});

declare global {
  namespace Cloudflare {
    interface Env {
      REASONING: DurableObjectNamespace<ReasoningStore>;
    }
  }
}

const BLOCKS: ReasoningBlock[] = [
  { kind: "signed", text: "hm", signature: "c2ln" },
  { kind: "redacted", data: "eA==" },
];

async function saving(client: string, model: string, id: string, blocks = BLOCKS): Promise<void> {
  const work: Promise<unknown>[] = [];
  reasoningMemory({ ...env }, client, (promise) => work.push(promise))?.save(model, id, blocks);
  expect(work).toHaveLength(1);
  await Promise.all(work);
}

const loading = (client: string, model: string, ...ids: string[]) =>
  reasoningMemory({ ...env }, client, () => {})?.load(model, ids);

describe("reasoningMemory", () => {
  it("gives back what was kept, by tool-call id", async () => {
    await saving("alice", "m", "call_1");
    await saving("alice", "m", "call_2", [...BLOCKS, ...BLOCKS]);
    expect(await loading("alice", "m", "call_1", "call_2", "call_3")).toEqual(
      new Map([
        ["call_1", BLOCKS],
        ["call_2", [...BLOCKS, ...BLOCKS]],
      ]),
    );
  });

  it("shows it neither to another client nor to another model", async () => {
    await saving("alice", "m", "call_1");
    expect(await loading("bob", "m", "call_1")).toEqual(new Map());
    expect(await loading("alice", "n", "call_1")).toEqual(new Map());
  });

  it("reads what earlier versions kept in the models' own forms", async () => {
    const stub = env.REASONING.get(env.REASONING.idFromName("alice"));
    const claude = [
      { type: "thinking", thinking: "hm", signature: "c2ln" },
      { type: "redacted_thinking", data: "eA==" },
    ];
    const converse = [
      { reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } },
      { reasoningContent: { redactedContent: "eA==" } },
    ];
    await stub.save("m call_1", JSON.stringify([...claude, { type: "unknown" }]));
    await stub.save("m call_2", JSON.stringify([...converse, null]));
    expect(await loading("alice", "m", "call_1", "call_2")).toEqual(
      new Map([
        ["call_1", BLOCKS],
        ["call_2", BLOCKS],
      ]),
    );
  });

  it("is undefined where wrangler.toml does not bind it", () => {
    expect(reasoningMemory({}, "alice", () => {})).toBeUndefined();
  });
});

describe("ReasoningStore", () => {
  it("forgets after an hour, and has an alarm to do so", async () => {
    await saving("alice", "m", "call_1");
    const namespace = env.REASONING;
    const stub = namespace.get(namespace.idFromName("alice"));
    await runInDurableObject(stub, async (object: ReasoningStore, state) => {
      expect(object).toBeInstanceOf(ReasoningStore);
      const alarm = (await state.storage.getAlarm()) ?? 0;
      expect(Math.round((alarm - Date.now()) / 60_000)).toBe(60);
      state.storage.sql.exec("UPDATE reasoning SET expires = ?", Date.now() - 1);
    });
    expect(await loading("alice", "m", "call_1")).toEqual(new Map());
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await runInDurableObject(stub, (_object, state) => {
      expect(state.storage.sql.exec("SELECT * FROM reasoning").toArray()).toEqual([]);
    });
  });

  it("wakes again for what is left", async () => {
    await saving("alice", "m", "call_1");
    const namespace = env.REASONING;
    const stub = namespace.get(namespace.idFromName("alice"));
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await runInDurableObject(stub, async (_object, state) => {
      expect(await state.storage.getAlarm()).not.toBeNull();
    });
    expect((await loading("alice", "m", "call_1"))?.size).toBe(1);
  });
});
