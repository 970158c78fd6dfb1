/** One figure. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | '%' | 'KB' | 'MB' | 'turns/s' | 'calls/s' | '×';
  /** What is asked of it; null where the figure only stands beside another one. */
  readonly wanted: { readonly atMost: number } | null;
}

export function row(name: string, value: number, unit: Row['unit'], atMost?: number): Row {
  const rounded = Math.round(value * 1000) / 1000;
  return { name, value: rounded, unit, wanted: atMost === undefined ? null : { atMost } };
}

/** Whether the figure is what is asked of it; null where nothing is. */
function isMet({ value, wanted }: Row): boolean | null {
  return wanted === null ? null : value <= wanted.atMost;
}

/** The rows as an aligned table. */
export function toTable(rows: readonly Row[]): string {
  const cells = rows.map((one) => {
    const met = isMet(one);
    return [
      one.name,
      one.value.toFixed(one.unit === 'ms' || one.unit === '×' ? 2 : 1),
      one.unit,
      one.wanted === null ? '' : `≤ ${one.wanted.atMost}`,
      met === null ? '' : met ? 'met' : 'NOT MET',
    ];
  });
  const all = [['figure', 'value', 'unit', 'wanted', ''], ...cells];
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...all.map((line) => line[at]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, at) =>
          at === 1 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The rows as JSON, with what they were measured on. */
export function toJson(machine: object, rows: readonly Row[]): string {
  return JSON.stringify(
    { machine, rows: rows.map((one) => ({ ...one, met: isMet(one) })) },
    null,
    2,
  );
}
