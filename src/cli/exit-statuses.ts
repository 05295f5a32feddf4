/** The exit statuses of commands. */
export const EXIT = {
  failed: 1,
  usage: 2,
  /** `quota check` */
  warning: 3,
  /** `quota check` */
  over: 4,
  notAllowed: 5,
  notFound: 6,
  unreachable: 7,
} as const

/** What each says, for help and docs/cli.md. */
export const EXIT_STATUSES: readonly (readonly [status: number, meaning: string])[] = [
  [0, 'It succeeded. Also if the reader of its output, such as "head", has closed the pipe.'],
  [
    EXIT.failed,
    'It failed, or found what it looks for: differences, say. "quota check": the flag is not known.',
  ],
  [EXIT.usage, 'The usage was wrong, or --yes is missing where nobody can be asked. Nothing was done.'],
  [EXIT.warning, '"quota check": the flag is warning.'],
  [EXIT.over, '"quota check": the flag is over.'],
  [EXIT.notAllowed, 'The service does not know the token, or it may not do this.'],
  [EXIT.notFound, 'The service has no such project, image, job or the like.'],
  [EXIT.unreachable, 'The service cannot be reached, or cannot answer now.'],
]
