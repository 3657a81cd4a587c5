/** Style of the page; its hash is what the content security policy admits. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #c4221f; --warn: #8a5a00; --dim: #6a7078; }
@media (prefers-color-scheme: dark) {
  :root { --good: #4ac26b; --bad: #ff7b72; --warn: #d6a12c; --dim: #9299a3; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--line); }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.5rem; border: 1px solid var(--line); }
dt { color: var(--dim); float: left; clear: left; width: 8rem; } dd { margin-left: 8.5rem; }
.scroll { overflow-x: auto; }
.good, .pass, .known { color: var(--good); } .bad, .fail { color: var(--bad); font-weight: 600; }
.skip, .infra, .flaky, .error { color: var(--warn); } .dim { color: var(--dim); }
summary { cursor: pointer; }
`;
