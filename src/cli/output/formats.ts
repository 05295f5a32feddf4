/** What `--output` takes. */
export const FORMATS = ['table', 'json', 'ndjson', 'yaml', 'csv'] as const
export type Format = (typeof FORMATS)[number]
