import type { Random } from './random.ts'

/** The bytes of a request, as they are sent. */
export interface HostileRequest {
  bytes: Buffer
  /** `whole`: the service must answer. `broken`: incomplete or no HTTP; the service may close the connection instead. */
  kind: 'whole' | 'broken'
}

const TYPES = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
] as const

/** The body in the request that a registry would send. */
export function plainRequest(random: Random, body: Buffer, token: string): HostileRequest {
  const headers = [...common(token), `Content-Type: ${random.of(TYPES)}`, `Content-Length: ${body.length}`]
  return { kind: 'whole', bytes: written('POST /v1/events HTTP/1.1', headers, body) }
}

/** The body in a request with one fault. */
export function hostileRequest(random: Random, body: Buffer, token: string): HostileRequest {
  return random.of(WAYS)(random, body, token)
}

const common = (token: string): string[] => ['Host: tallyman', `Authorization: Bearer ${token}`]

function written(line: string, headers: readonly string[], body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

const LINE = 'POST /v1/events HTTP/1.1'
type Way = (random: Random, body: Buffer, token: string) => HostileRequest

/** These headers instead of Content-Type. */
const typed =
  (kind: HostileRequest['kind'], ...choices: string[][]): Way =>
  (random, body, token) => ({
    kind,
    bytes: written(LINE, [...common(token), ...random.of(choices), `Content-Length: ${body.length}`], body),
  })

/** These headers instead of Content-Length. */
const framed =
  (
    kind: HostileRequest['kind'],
    frame: (random: Random, body: Buffer) => { headers: string[]; body: Buffer },
  ): Way =>
  (random, body, token) => {
    const { headers, body: sent } = frame(random, body)
    return {
      kind,
      bytes: written(LINE, [...common(token), `Content-Type: ${random.of(TYPES)}`, ...headers], sent),
    }
  }

const authorized =
  (...choices: string[][]): Way =>
  (random, body) => {
    const headers = [
      'Host: x',
      'Connection: close',
      `Content-Type: ${TYPES[0]}`,
      `Content-Length: ${body.length}`,
    ]
    return { kind: 'whole', bytes: written(LINE, [...headers, ...random.of(choices)], body) }
  }

const asked =
  (kind: HostileRequest['kind'], ...lines: string[]): Way =>
  (random, body, token) => ({
    kind,
    bytes: written(
      random.of(lines),
      [...common(token), `Content-Type: ${random.of(TYPES)}`, `Content-Length: ${body.length}`],
      body,
    ),
  })

/** The body in chunks of random sizes, with `end` after the last one. */
function chunked(random: Random, body: Buffer, end: string): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.int(Math.max(1, body.length / 3))
    const part = body.subarray(at, at + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
    at += size
  }
  return Buffer.concat([...parts, Buffer.from(end)])
}

const TE = 'Transfer-Encoding: chunked'
const WAYS: Way[] = [
  typed('whole', [], ['Content-Type:'], ['Content-Type: text/plain'], ['Content-Type: application/xml']),
  typed('whole', ['Content-Type: application/json', 'Content-Type: text/html'], ['Content-Type: */*']),
  typed(
    'whole',
    ['Content-Type: application/json; charset=utf-16'],
    ['Content-Type: application/json;;;=;charset='],
  ),
  typed(
    'whole',
    [`Content-Type: application/json; a="${'x'.repeat(5_000)}"`],
    ['Content-Type: multipart/form-data'],
  ),
  typed(
    'whole',
    ...['gzip', 'br', 'identity', 'x, y, gzip', ''].map((encoding): string[] => [
      `Content-Type: ${TYPES[0]}`,
      `Content-Encoding: ${encoding}`,
    ]),
  ),
  typed(
    'whole',
    [`Content-Type: ${TYPES[0]}`, 'Expect: 100-continue'],
    [`Content-Type: ${TYPES[0]}`, 'Expect: tea'],
  ),
  typed(
    'whole',
    Array.from({ length: 300 }, (_, n) => `X-${n}: ${n}`),
    [`X-Flood: ${'x'.repeat(12_000)}`],
  ),
  typed(
    'broken',
    Array.from({ length: 3_000 }, (_, n) => `X-${n}: ${n}`),
    [`X-Flood: ${'x'.repeat(100_000)}`],
  ),
  typed(
    'broken',
    ['X-Nul: \0'],
    ['X : y'],
    [': y'],
    ['X-Fold: a\r\n b'],
    ['X-Ctl: \x7f\x01'],
    ['\r\n\r\nGET / HTTP/1.1'],
  ),
  typed(
    'broken',
    ['Upgrade: websocket', 'Connection: Upgrade'],
    ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings'],
  ),
  framed('whole', (random, body) => ({ headers: [TE], body: chunked(random, body, '0\r\n\r\n') })),
  framed('whole', (random, body) => ({
    headers: [TE],
    body: chunked(random, body, '0\r\nX-Trailer: 1\r\n\r\n'),
  })),
  framed('broken', (random, body) => ({ headers: [TE], body: chunked(random, body, '') })),
  framed('broken', (random, body) => ({
    headers: [TE],
    body: chunked(random, body, 'ffffffffffffffffff\r\n'),
  })),
  framed('broken', (random, body) => ({ headers: [TE], body: chunked(random, body, '-1\r\n\r\n') })),
  framed('broken', (_, body) => ({ headers: [TE], body })),
  framed('broken', (random, body) => ({
    headers: [TE, `Content-Length: ${body.length}`],
    body: chunked(random, body, '0\r\n\r\n'),
  })),
  framed('broken', (_, body) => ({ headers: ['Transfer-Encoding: gzip, chunked, x'], body })),
  framed('broken', (random, body) => ({
    headers: [`Content-Length: ${body.length + 1 + random.int(5_000)}`],
    body,
  })),
  framed('broken', (random, body) => ({ headers: [`Content-Length: ${random.int(body.length)}`], body })),
  framed('broken', (random, body) => ({
    headers: [`Content-Length: ${random.of(['-1', 'x', '1e3', '99999999999999999999', '1, 2', '0x10', ''])}`],
    body,
  })),
  framed('broken', (_, body) => ({ headers: [`Content-Length: ${body.length}`, 'Content-Length: 1'], body })),
  framed('broken', (_, body) => ({ headers: [], body })),
  authorized(
    [],
    ['Authorization:'],
    ['Authorization: Bearer'],
    ['Authorization: Bearer x'],
    ['Authorization: Basic eDp5'],
  ),
  authorized(
    [`Authorization: Bearer ${'x'.repeat(10_000)}`],
    ['Authorization: Bearer \xff\xfe'],
    ['Authorization: a b c d'],
  ),
  authorized(['Authorization: Bearer __proto__'], ['Authorization: Bearer x', 'Authorization: Bearer y']),
  asked('whole', 'GET /v1/events HTTP/1.1', 'PUT /v1/events HTTP/1.1', 'DELETE /v1/events HTTP/1.1'),
  asked(
    'whole',
    'PATCH / HTTP/1.1',
    'OPTIONS /v1/events HTTP/1.1',
    'TRACE / HTTP/1.1',
    'PROPFIND / HTTP/1.1',
  ),
  asked('whole', 'POST /v1/events/ HTTP/1.1', 'POST //v1/events HTTP/1.1', 'POST /V1/EVENTS HTTP/1.1'),
  asked('whole', 'POST /v1/events?a=b&__proto__[x]=1 HTTP/1.1', `POST /${'a/'.repeat(5_000)} HTTP/1.1`),
  asked(
    'whole',
    'GET /v1/projects/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1',
    'GET /docs/..%2f..%2fpackage.json HTTP/1.1',
  ),
  asked('whole', 'GET /v1/projects/%00 HTTP/1.1', 'GET /v1/projects/%ff HTTP/1.1', 'GET /% HTTP/1.1'),
  asked(
    'whole',
    'GET /v1/jobs/__proto__/1 HTTP/1.1',
    'GET /v1/projects/__proto__ HTTP/1.1',
    'OPTIONS * HTTP/1.1',
  ),
  asked('whole', 'POST http://elsewhere.invalid/v1/events HTTP/1.1', 'HEAD /v1/events HTTP/1.1'),
  asked(
    'broken',
    'CONNECT a:1 HTTP/1.1',
    'PRI * HTTP/2.0',
    'POST /v1/events HTTP/3.0',
    'POST /v1/events',
    'FETCH / HTTP/1.1',
  ),
  asked(
    'broken',
    `GET /${'x'.repeat(100_000)} HTTP/1.1`,
    '\r\n\r\n\r\n',
    'GET /a b HTTP/1.1',
    'GET /\0 HTTP/1.1',
    ' / x',
  ),
  (random) => ({ kind: 'broken', bytes: random.bytes(random.int(2_000)) }),
  () => ({ kind: 'broken', bytes: Buffer.from('16030100a5010000a10303', 'hex') }),
]
