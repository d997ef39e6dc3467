import { fuzzRoutes } from './fuzz/fuzz-routes.ts';

await fuzzRoutes((path) => path.startsWith('/admin/'));
