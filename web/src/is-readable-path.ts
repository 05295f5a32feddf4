/** Whether each part of a path can be decoded. The router throws at a broken percent sign, such as `/projects/%zz`. */
export function isReadablePath(path: string): boolean {
  try {
    // The bundler drops a call whose result nobody uses, and with it what it throws.
    return decodeURIComponent(path) !== ''
  } catch {
    return false
  }
}
