/**
 * How leaves of the configuration are written in the file, in words of JSON Schema (draft-07). Editors are told this. A parser
 * decides: what it takes fits its form, though some of what fits is still refused.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

const TEXT: JsonSchema = { type: 'string' }
const NON_EMPTY: JsonSchema = { type: 'string', minLength: 1 }

/** A string that matches. Editors show what was expected if it does not. */
const matching = (pattern: RegExp, expected: string, more: JsonSchema = {}): JsonSchema => ({
  ...{ type: 'string', pattern: pattern.source, patternErrorMessage: `expected ${expected}` },
  ...more,
})

const UNITS = '(ms|s|m|h|d|w)'

export const written = {
  text: TEXT,
  nonEmpty: NON_EMPTY,
  matching,
  flag: { type: 'boolean' },
  choice: (choices: readonly string[]): JsonSchema => ({ type: 'string', enum: choices }),
  oneOrMany: (one: JsonSchema): JsonSchema => ({ anyOf: [one, { type: 'array', minItems: 1, items: one }] }),
  integer: (minimum: number, maximum: number): JsonSchema =>
    matching(/^\d+$/, `an integer from ${minimum} to ${maximum}`, {
      ...{ type: ['integer', 'string'], minimum, maximum },
    }),
  price: matching(/^\d+(\.\d+)?$/, 'a number, without a currency', {
    ...{ type: ['number', 'string'], minimum: 0, maximum: 1_000_000, examples: [0.02] },
  }),
  size: matching(
    /^(?=.*[1-9])\d+(\.\d+)? ?(B|[kMGTP]B|[KMGTP]iB)?$/,
    'a size such as 50GiB, 1.5TB or 1024 (units: kB MB GB TB PB, KiB MiB GiB TiB PiB)',
    { type: ['string', 'number'], exclusiveMinimum: 0, examples: ['50GiB', '500MB'] },
  ),
  duration: matching(
    new RegExp(`^(?=.*[1-9])\\d+(\\.\\d+)? ?${UNITS}$`),
    'a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w)',
    { examples: ['15m', '12h', '14d'] },
  ),
  interval: matching(
    new RegExp(`^(never|(?=.*[1-9])\\d+(\\.\\d+)? ?${UNITS})$`),
    'never or a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w)',
    { examples: ['1d', 'never'] },
  ),
  fraction: matching(
    /^(?=.*[1-9])(0*\d{1,2}(\.\d+)?%|0*100(\.0+)?%|0+(\.\d+)?|0*1(\.0+)?)$/,
    'a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most',
    { type: ['string', 'number'], exclusiveMinimum: 0, maximum: 1, examples: ['80%', 0.8] },
  ),
  url: matching(
    /^\s*[hH][tT][tT][pP][sS]?:[^?#]+$/,
    'an http or https URL without credentials, query and fragment',
    { examples: ['https://registry.example.com'] },
  ),
  /** At least 16 characters that an HTTP header carries. */
  token: matching(/^[\x21-\x7e]*$/, 'ASCII characters without spaces: an HTTP header carries it', {
    minLength: 16,
  }),
  signingKey: matching(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'whsec_ followed by base64'),
  secretUrl: matching(/^\s*[hH][tT][tT][pP][sS]?:/, 'an http or https URL'),
  cron: matching(/^\s*\S+(\s+\S+){4,5}\s*$/, 'a cron of five fields, or six with the seconds first', {
    examples: ['0 3 * * *', '0 3 * * 1-5'],
  }),
  /** A text, or `{ pattern }`. */
  textOrPattern: (text: JsonSchema): JsonSchema => ({
    anyOf: [
      text,
      {
        ...{ type: 'object', required: ['pattern'], additionalProperties: false },
        properties: { pattern: { ...NON_EMPTY, description: 'An RE2 pattern for the whole text.' } },
      },
    ],
  }),
  /** A mapping that has one of these keys at least. */
  anyKeyOf: (keys: readonly string[]): JsonSchema => ({ anyOf: keys.map((key) => ({ required: [key] })) }),
  /** Names with texts. */
  texts: { type: 'object', minProperties: 1, additionalProperties: TEXT },
}
