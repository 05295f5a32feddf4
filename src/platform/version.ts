import packageJson from '../../package.json' with { type: 'json' }

/** The version of this Tallyman. */
export const VERSION: string = packageJson.version
