/** Where in a row a value is, such as `progress.planned`. */
type Path<Row> = Row extends readonly unknown[]
  ? never
  : Row extends object
    ? { [Key in keyof Row & string]: Key | `${Key}.${Path<NonNullable<Row[Key]>>}` }[keyof Row & string]
    : never

/** A column of CSV: a path, which is its name, too; or a name, and what gives its value. */
export type Column<Row> = Path<Row> | readonly [name: string, of: (row: Row) => unknown]

/** What CSV has of each row. The names are those of the API, so a column is where JSON has the value. */
export interface Columns<Row extends object = object> {
  names: readonly string[]
  /** The values of a row, in the order of the names. */
  valuesOf(row: Row): unknown[]
}

export function columns<Row extends object>(...all: readonly Column<Row>[]): Columns<Row> {
  const pairs = all.map((column) =>
    typeof column === 'string' ? ([column, (row: Row) => valueAt(row, column)] as const) : column,
  )
  return {
    names: pairs.map(([name]) => name),
    valuesOf: (row) => pairs.map(([, of]) => of(row)),
  }
}

/** The same columns, of rows from which what they are about is taken first. */
export const columnsOf = <Row extends object, Part extends object>(
  { names, valuesOf }: Columns<Part>,
  part: (row: Row) => Part,
): Columns<Row> => ({ names, valuesOf: (row) => valuesOf(part(row)) })

const valueAt = (row: unknown, path: string): unknown =>
  path.split('.').reduce((value, key) => (value === null ? null : Object(value)[key]), row)
