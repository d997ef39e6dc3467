import type { Chart } from './report/draw-chart.ts';
import type { Lab } from './open-lab.ts';

/** What one scenario found out. */
export interface Findings {
  /** what somebody who runs it elsewhere must know to compare */
  conditions: Record<string, string | number | boolean>;
  /** the fields of the scenario, as bench/README.md names them */
  results: Record<string, unknown>;
  /** first row: headings */
  table: (string | number)[][];
  chart: Chart;
}

/** Something that `npm run bench` measures. */
export interface Scenario {
  name: string;
  /** one line for the list of names */
  summary: string;
  run(lab: Lab, say: (line: string) => void): Promise<Findings>;
}
