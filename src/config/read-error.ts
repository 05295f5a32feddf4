import { getSystemErrorMessage } from 'node:util'

/** Why a file could not be read, for people: `no such file or directory`. */
export const readError = ({ errno, message }: NodeJS.ErrnoException): string =>
  errno === undefined ? message : getSystemErrorMessage(errno)
