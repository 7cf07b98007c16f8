/** Whether a text is an RFC 1123 label, as the names of namespaces are. */
export function isLabel(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
}
