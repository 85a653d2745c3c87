/** Rows of a table whose columns are `columns`. */
export function byRow<Column>(
  columns: readonly Column[],
  rows: readonly (readonly [name: string, cell: (column: Column) => string])[],
): string[][] {
  return rows.map(([name, cell]) => [name, ...columns.map(cell)])
}

/** Likewise for numbers with so many decimals, and in the end the last column's ratio to the first's. */
export function withRatio<Column>(
  columns: readonly Column[],
  rows: readonly (readonly [name: string, decimals: number, cell: (column: Column) => number])[],
): string[][] {
  return rows.map(([name, decimals, cell]) => {
    const values = columns.map(cell)
    const ratio = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN)
    return [name, ...values.map((value) => value.toFixed(decimals)), ratio.toFixed(2)]
  })
}

/** Prints a table as Markdown has it. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  process.stdout.write(markdownTable(head, rows))
}

/** A table as Markdown has it; the first column is of words, all others are of numbers. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((_, place) =>
    Math.max(...[head, ...rows].map((row) => row[place]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |\n`
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [head, rule, ...rows].map(line).join('')
}
