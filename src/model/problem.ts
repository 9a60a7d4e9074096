// A problem: what the API answers instead of a result (RFC 9457), and one finding in a document.

/** One finding in a document: where (RFC 6901 JSON pointer), which rule, and what to change. */
export type Finding = { pointer: string; code: string; message: string; suggestion?: string };

export type Problem = {
  /** Address of the code's documentation. */
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
  errors?: Finding[];
};
