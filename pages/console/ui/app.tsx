import { Problem } from "../../lib/problem.tsx";
import { Status } from "../../lib/status.tsx";
import * as state from "../state.ts";
import { Keys } from "./keys.tsx";
import { Models } from "./models.tsx";
import { Overview } from "./overview.tsx";
import { Requests } from "./requests.tsx";
import { SignIn } from "./sign-in.tsx";

const PAGES = { Overview, Keys, Requests, Models };
const PERIODS = [1, 7, 30, 90];

export function App() {
  const inside = state.signedIn.value;
  return (
    <>
      <header class="top">
        <h1>
          <img src="/console/icon.svg" alt="" width="26" height="26" />
          <span>Console</span>
        </h1>
        {inside && <Tabs />}
        {inside && (
          <button class="plain" type="button" onClick={state.signOut}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {state.problem.value && <Problem error={state.problem.value} />}
        {inside ? <Inside /> : <SignIn />}
      </main>
      <Status />
    </>
  );
}

function Tabs() {
  return (
    <nav aria-label="Parts of the console">
      {state.TABS.map((name) => (
        <button
          key={name}
          type="button"
          class="tab"
          aria-current={state.tab.value === name ? "page" : undefined}
          onClick={() => {
            state.tab.value = name;
            void state.refresh();
          }}
        >
          {name}
        </button>
      ))}
    </nav>
  );
}

function Inside() {
  const Page = PAGES[state.tab.value];
  return (
    <>
      {state.tab.value !== "Keys" && <Filter />}
      <Page />
    </>
  );
}

function Filter() {
  return (
    <div class="filter">
      <div>
        <label for="of-key">Key</label>
        <select
          id="of-key"
          value={state.keyName.value}
          onChange={({ currentTarget }) => {
            state.keyName.value = currentTarget.value;
            void state.refresh();
          }}
        >
          <option value="">All keys</option>
          {state.names.value.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {state.tab.value !== "Requests" && (
        <div>
          <label for="period">Period</label>
          <select
            id="period"
            value={String(state.days.value)}
            onChange={({ currentTarget }) => {
              state.days.value = Number(currentTarget.value);
              void state.refresh();
            }}
          >
            {PERIODS.map((days) => (
              <option key={days} value={String(days)}>
                {days === 1 ? "Today" : `${days} days`}
              </option>
            ))}
          </select>
        </div>
      )}
      <button class="plain" type="button" onClick={() => void state.refresh()}>
        Refresh
      </button>
    </div>
  );
}
