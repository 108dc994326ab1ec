// Runs in the browser, after GraphiQL's own bundle in the same script (see graphiql.ts). Promises that the tabs given
// by the page are shown first with their tokens, and that every operation runs as whoever its own tab's headers say.
(() => {
  const { endpoint, assets, tabs } = JSON.parse(document.querySelector('#graphiql-config').textContent);
  const workers = { editorWorkerService: '-editor.js', json: '-json.js', graphql: '-graphql.js' };
  self.MonacoEnvironment = { globalAPI: false, getWorker: (_, label) => new Worker(assets + workers[label]) };

  // Session storage, so that no token outlives the browser tab. Tabs opened or edited by hand survive a reload;
  // the ones that an earlier page load put there make way for this load's.
  function seed() {
    const contents = (tab) => JSON.stringify([tab.query, tab.variables || '']);
    const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? '[]');
    const stored = read('graphiql:tabState').tabs ?? [];
    const seeded = read('graphiql-seeded');
    const kept = stored.filter((tab) => tab.query && !seeded.includes(contents(tab)));
    const given = tabs.map(({ name, query, variables = '', headers = '' }, index) => ({
      id: `given-${index}-${Date.now()}`,
      title: /^(?!#).*(?:query|mutation|subscription)\s+(\w+)/m.exec(query)?.[1] ?? name ?? '<untitled>',
      // GraphiQL always comes back to the operation's name as the title, so the tab's own name is shown in the text.
      query: name ? `# ${name}\n${query}` : query,
      variables,
      headers,
      operationName: null,
      response: null,
    }));
    sessionStorage.setItem('graphiql-seeded', JSON.stringify(given.map(contents)));
    const [first] = given;
    if (!first) return;
    sessionStorage.setItem('graphiql:tabState', JSON.stringify({ tabs: [...given, ...kept], activeTabIndex: 0 }));
    // GraphiQL fills its editors from these keys, not from the active tab, and opens one more tab if they differ.
    for (const key of ['query', 'variables', 'headers']) sessionStorage.setItem(`graphiql:${key}`, first[key]);
  }

  // The operations in a document, as ['subscription Name', 'subscription', 'Name']. Strings and comments go first, then
  // whatever stands in brackets, the innermost before what encloses it.
  function operations(query) {
    let text = query.replace(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, ' ');
    for (let before = ''; before !== text; ) {
      before = text;
      text = text.replace(/\{[^{}]*\}|\([^()]*\)/g, ';');
    }
    return [...text.matchAll(/(?<![@\w]|(?:fragment|on)\s+)(query|mutation|subscription)\b(?:\s+(\w+))?/g)];
  }

  async function post(params, headers) {
    const accept = 'application/graphql-response+json, application/json';
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(params),
    });
    const text = await response.text();
    if (/json/.test(response.headers.get('content-type') ?? '')) return JSON.parse(text);
    throw new Error(`${response.status} ${response.statusText} ${text}`.trim());
  }

  // The graphql-transport-ws protocol with one operation per socket: closing the socket is how the operation stops.
  function subscribe(params, headers, sink) {
    const url = new URL(endpoint, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, 'graphql-transport-ws');
    const send = (message) => socket.send(JSON.stringify(message));
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'authorization');
    let settled = false;
    const settle = (notify) => {
      if (!settled) notify();
      settled = true;
      socket.close(1000);
    };
    const on = {
      connection_ack: () => send({ id: '1', type: 'subscribe', payload: params }),
      ping: () => send({ type: 'pong' }),
      next: ({ payload }) => sink.next(payload),
      error: ({ payload }) => settle(() => [sink.next({ errors: payload }), sink.complete()]),
      complete: () => settle(() => sink.complete()),
    };
    socket.onopen = () => send({ type: 'connection_init', payload: name ? { authorization: headers[name] } : {} });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (!settled) on[message.type]?.(message);
    };
    socket.onclose = ({ code, reason }) =>
      settle(() => sink.error({ message: `The server closed the socket: ${code} ${reason}`.trim() }));
    return { unsubscribe: () => settle(() => {}) };
  }

  // GraphiQL's own idea of the operation lags behind for a moment after a change of tabs, so the text decides.
  function fetcher({ operationName, ...params }, { headers = {} } = {}) {
    const found = operations(params.query);
    const chosen = found.find((operation) => operation[2] === operationName);
    if (chosen || found.length > 1) params.operationName = operationName;
    if ((chosen ?? found[0])?.[1] !== 'subscription') return post(params, headers);
    return { subscribe: (sink) => subscribe(params, headers, sink) };
  }

  seed();
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
    fetcher,
    storage: sessionStorage,
    title: 'tightrope',
    logo: ' ',
    defaultEditorToolsVisibility: 'headers',
    // Without these two it opens a tab with its own welcome text, and writes each edited query into the address.
    ...(tabs.length > 0 ? { defaultTabs: tabs } : {}),
    onEditQuery: () => {},
  });
})();
