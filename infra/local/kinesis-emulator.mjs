/**
 * The Kinesis emulator as a program: `node kinesis-emulator.mjs PORT [FOLDER [HOST]]`. With a folder the
 * streams survive a restart, also after SIGKILL; without one they live in memory. Listens on 127.0.0.1 unless
 * another host is given, as in a container.
 *
 * It has a process of its own because of what a client's abort in mid-request does to it: see below.
 */
import kinesalite from 'kinesalite';

const [port, folder, host = '127.0.0.1'] = process.argv.slice(2);
const server = kinesalite({
  ...(folder === undefined ? {} : { path: folder }),
  createStreamMs: 20,
  deleteStreamMs: 20,
  updateStreamMs: 20,
  // Only for its error "over your shard limit", which AWS sets per account.
  shardLimit: 10_000,
});
// kinesalite throws on a request's 'error' event: a client that hangs up would end the whole emulator
// (ECONNRESET).
server.on('request', (request) => {
  request.removeAllListeners('error');
  request.on('error', () => undefined);
});
server.on('clientError', (_error, socket) => socket.destroy());
// The AWS client keeps connections open; node's 5 s would close one just as a request is on its way.
server.keepAliveTimeout = 120_000;

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    // Closes the store first, then stops listening; connections that are kept alive would hold it up for
    // ever.
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
server.listen(Number(port), host);
