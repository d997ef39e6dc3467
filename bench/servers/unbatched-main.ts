import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';
import { SellingConfig } from '../../services/selling/config.ts';
import { startSelling } from '../../services/selling/start-selling.ts';
import { UnbatchedStock } from '../baselines/unbatched-stock.ts';

/** The selling service as it is, but with one script call per request. */
await runService('unbatched', process.env['LOG_LEVEL'], (log) =>
  startSelling(loadConfig(SellingConfig, process.env), log, {
    createStock: (...parts) => new UnbatchedStock(...parts),
  }));
