/**
 * Preloaded into programs whose time of day a test moves (`node --import`): it is ahead by as many ms as the
 * file named by CLOCK_AHEAD_FILE says, for all of them from the same moment on.
 */
import { readFileSync } from 'node:fs';

const { now } = Date;
const file = process.env['CLOCK_AHEAD_FILE'] ?? '';

Date.now = () => now() + Number(readFileSync(file, 'utf8'));
