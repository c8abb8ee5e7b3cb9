/** What `bpbench selfcheck` prints: verdict first, then each check with measured and predicted. */
import { formatBytes } from '../core/units.ts';
import { createPaint, finish, type Look, type Paint, usableWidth } from '../report/look.ts';
import { renderTable } from '../report/table.ts';
import { plainText, wrap } from '../report/text.ts';
import type { GateRow } from '../simulation/gates/gate.ts';
import type { SelfCheckDocument } from './commands/selfcheck.ts';

const INDENT = '  ';

export function renderSelfCheck(document: SelfCheckDocument, look: Look): string {
  const width = usableWidth(look);
  const paint = createPaint(look.color);
  const lines = [...renderVerdict(document, width, paint), ''];
  const rows = document.gates.flatMap((gate) => gate.rows);
  const [header = '', ...table] = renderTable(
    [
      { header: 'check', align: 'left', dropOrder: 0, cells: rows.map((row) => plainText(row.what)) },
      column(
        'measured',
        rows.map((row) => formatNumber(row.measured, row.unit)),
      ),
      column(
        'predicted',
        rows.map((row) => formatNumber(row.predicted, row.unit)),
      ),
      { ...column('z', rows.map(formatJudgement)), dropOrder: 1 },
      {
        header: '',
        align: 'left',
        dropOrder: 0,
        cells: rows.map((row) => (row.ok ? 'ok' : 'FAIL')),
        paint: (cell) => (cell === 'ok' ? paint.green(cell) : paint.red(cell)),
      },
    ],
    width,
    { indent: INDENT, paintHeader: paint.dim },
  );
  if (rows.length > 0) lines.push(header);
  let at = 0;
  for (const { title, rows: own, problem } of document.gates) {
    lines.push(...wrap(title, width).map(paint.bold));
    for (const row of own) {
      lines.push(table[at++] as string);
      if (row.detail !== null)
        lines.push(...wrap(plainText(row.detail), width, INDENT.repeat(2)).map(paint.dim));
    }
    if (problem !== null)
      lines.push(...wrap(`FAIL ${plainText(problem)}`, width, INDENT, INDENT.repeat(2)).map(paint.red));
  }
  lines.push('', ...wrap(LEGEND, width).map(paint.dim));
  return finish(lines, look);
}

const LEGEND =
  'z: standard errors between measured and predicted, fewer than 4 pass. equal: must be the same number. ' +
  '±: the formula itself is only that good. below: must stay under the limit.';

function renderVerdict(document: SelfCheckDocument, width: number, paint: Paint): string[] {
  const { status, seed, gates, interruptedBy } = document;
  const failed = gates.filter((gate) => !gate.ok).map((gate) => gate.name);
  const rows = gates.reduce((sum, gate) => sum + gate.rows.length, 0);
  const words =
    failed.length > 0
      ? `INVALID: ${failed.join(', ')} failed; no comparison made here can be trusted`
      : interruptedBy !== null
        ? `INTERRUPTED (${interruptedBy}): ${rows} numbers agreed, the rest was not measured`
        : `PASS: ${rows} numbers agree with theory`;
  const mark = status === 'pass' ? paint.green : paint.red;
  return wrap(`${words} · seed ${seed}`, width).map(mark);
}

function column(header: string, cells: string[]): Parameters<typeof renderTable>[0][0] {
  return { header, align: 'right', dropOrder: 0, cells };
}

function formatJudgement({ judgement, z, tolerance }: GateRow): string {
  if (judgement === 'z') return z !== null && Number.isFinite(z) ? z.toFixed(1) : 'far';
  if (judgement === 'within') return `±${Math.round((tolerance ?? 0) * 100)} %`;
  return judgement === 'exact' ? 'equal' : 'below';
}

function formatNumber(value: number, unit: string): string {
  if (!Number.isFinite(value)) return 'n/a';
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 's') return formatSeconds(value);
  const digits = unit === 'count' || Number.isInteger(value) ? String(value) : fourFigures(value);
  return unit === 'per s' ? `${digits}/s` : digits;
}

function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${fourFigures(seconds * 1000)} ms` : `${fourFigures(seconds)} s`;
}

/** Four significant digits, never in powers of ten. */
function fourFigures(value: number): string {
  const decimals = value === 0 ? 0 : 3 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(6, Math.max(0, decimals)));
}
