import { shortDigest } from '../digest.ts'
import { field, isObject, type JsonObject, serialise, stringField, withField } from '../json.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'

/** A copy of an object under a name that nothing else has. */
export function copyOf(object: JsonObject, namespace: string): { readonly copy: JsonObject; readonly name: string } {
  const name = `fairlead-${shortDigest(serialise(object))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`
  const metadata = field(object, 'metadata')
  if (!isObject(metadata)) return { copy: object, name }
  const renamed = withField(metadata, 'name', name)
  const placed = namespace === '' ? renamed : withField(renamed, 'namespace', namespace)
  return { copy: withField(object, 'metadata', placed), name }
}

/** The server's answer about a copy, as if it were about the object that it is a copy of. */
export function aboutOriginal(
  answer: ApiResponse,
  copy: string,
  name: string,
  home = '',
  original = home,
): ApiResponse {
  if (!isObject(answer.body)) return answer
  const message = statusMessage(answer).replaceAll(`${home}${copy}`, `${original}${name}`).replaceAll(copy, name)
  return { ...answer, body: withField(answer.body, 'message', message) }
}

/** Whether a rejection is about the object, and not about the namespace of the copy: its quota, its policies, its webhooks. */
export function isAboutItsContent({ status, body }: ApiResponse): boolean {
  const message = stringField(body, 'message') ?? ''
  const isAdmission = /admission webhook|AdmissionPolicy|denied the request|exceeded quota|violates PodSecurity/.test(
    message,
  )
  return (status === 400 || status === 422 || status === 500) && !isAdmission
}
