/** What a terminal, a viewer or a spreadsheet would act on: C0 and C1 controls, marks of direction, a formula, quotes. */
export const HOSTILE = '=x\u009b31m\u001b[2J\r\n\u202e"\', 數\u{e0001}\u2028'

/** Characters that may be in no output, whatever the format: the line breaks of the layout aside. */
export const RAW = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
