/** Whether each part of a path can be decoded. The router throws at a broken percent sign, such as `/projects/%zz`. */
export function isReadablePath(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
