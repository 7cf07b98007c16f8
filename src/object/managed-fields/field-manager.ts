/** The field manager under which everything is applied. */
export const FIELD_MANAGER = 'fairlead'
