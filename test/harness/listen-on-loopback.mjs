/**
 * Preloaded into a program that would listen on every interface (`node --import`): whatever it listens on,
 * it does so on 127.0.0.1 only.
 */
import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function listenOnLoopback(first, ...others) {
  const callback = others.find((one) => typeof one === 'function');
  const options = typeof first === 'object' && first !== null ? first : { port: first };
  return listen.call(this, { ...options, host: '127.0.0.1' }, ...(callback === undefined ? [] : [callback]));
};
