import { shortDigest } from '../digest.ts'
import { field, isObject, type JsonObject, serialise, stringField, withField } from '../json.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'

/** A copy of an object in a namespace, under a name that no other object has. */
export function copyOf(object: JsonObject, namespace: string): { readonly copy: JsonObject; readonly name: string } {
  const name = `fairlead-${shortDigest(serialise(object))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`
  const metadata = field(object, 'metadata')
  if (!isObject(metadata)) return { copy: object, name }
  const renamed = withField(metadata, 'name', name)
  const metadataOfCopy = namespace === '' ? renamed : withField(renamed, 'namespace', namespace)
  return { copy: withField(object, 'metadata', metadataOfCopy), name }
}

/** The server's response about a copy, with the name of the original object in its message. */
export function aboutOriginal(
  answer: ApiResponse,
  copy: string,
  name: string,
  copyPrefix = '',
  originalPrefix = copyPrefix,
): ApiResponse {
  if (!isObject(answer.body)) return answer
  const message = statusMessage(answer)
    .replaceAll(`${copyPrefix}${copy}`, `${originalPrefix}${name}`)
    .replaceAll(copy, name)
  return { ...answer, body: withField(answer.body, 'message', message) }
}

/** Whether a rejection is about the object itself, and not about the quota, policies or webhooks of the copy's namespace. */
export function isAboutItsContent({ status, body }: ApiResponse): boolean {
  const message = stringField(body, 'message') ?? ''
  const isAdmission = /admission webhook|AdmissionPolicy|denied the request|exceeded quota|violates PodSecurity/.test(
    message,
  )
  return (status === 400 || status === 422 || status === 500) && !isAdmission
}
