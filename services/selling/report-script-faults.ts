import type { Log } from '../shared/platform/log.ts';
import { Counter } from '../shared/platform/metrics.ts';
import type { ScriptFault } from './stock.ts';

/** Counts and logs scripts that failed in the middle; called once per process. */
export function reportScriptFaults(log: Log): (fault: ScriptFault) => void {
  const count = new Counter({
    name: 'onsale_selling_script_faults_total',
    help: 'Script calls that failed in the middle: their sales are suspended and rebuilt; alarm on any',
  });
  return ({ sales, script, error }) => {
    count.inc();
    log.error({ err: error, sales, script }, 'a script failed: its sales are suspended');
  };
}
