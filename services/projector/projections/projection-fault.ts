/** The event contradicts the rows it should change; repeating it does not help. */
export class ProjectionFault extends Error {}
