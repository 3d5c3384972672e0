// Between the page, which can only post messages, and the worker, which holds what is secret. The
// worker learns from the browser, not from the page, where a request came from.
'use strict';

addEventListener('message', async ({ source, data }) => {
  if (source !== window || data?.wallet !== 'request') return;
  let reply;
  try {
    reply = await chrome.runtime.sendMessage({ method: data.method, params: data.params });
  } catch (e) {
    reply = { error: { code: -32603, message: String(e) } };
  }
  postMessage({ wallet: 'reply', id: data.id, ...reply }, location.origin);
});
