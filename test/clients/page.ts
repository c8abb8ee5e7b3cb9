/** A document that counts what reaches it. `#done` appears once both streams are complete; `window.seen` holds them. */
export const PAGE_COUNT = 300;

export const PAGE = `<!doctype html>
<title>loading</title>
<style>body { font: 24px sans-serif; margin: 2em } td { padding: 0 1em; text-align: right }</style>
<h1>Through the proxy</h1>
<table>
  <tr><th>EventSource<td id="events">0</tr>
  <tr><th>WebSocket<td id="messages">0</tr>
</table>
<script>
const seen = (window.seen = { events: [], messages: [], errors: [] });
const show = (id, list) => { document.getElementById(id).textContent = list.length; };
let open = 2;
const end = () => {
  if (--open > 0) return;
  document.title = 'complete';
  document.body.insertAdjacentHTML('beforeend', '<p id="done">complete</p>');
};
const source = new EventSource('/events/${PAGE_COUNT}');
source.onmessage = ({ data, lastEventId }) => {
  seen.events.push([Number(data), Number(lastEventId)]);
  show('events', seen.events);
};
source.addEventListener('end', () => { source.close(); end(); });
source.onerror = () => seen.errors.push('EventSource');
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/count/${PAGE_COUNT}');
socket.onmessage = ({ data }) => {
  if (data === 'the last word') return socket.close(1000, 'thanks');
  seen.messages.push(Number(data));
  show('messages', seen.messages);
  // The echo comes behind all that was sent before it.
  if (seen.messages.length === ${PAGE_COUNT}) socket.send('the last word');
};
socket.onclose = ({ code, reason }) => { seen.close = [code, reason]; end(); };
socket.onerror = () => seen.errors.push('WebSocket');
</script>
`;
