// Calls of the admin API. Its address is relative: only the browser knows under which prefix this page was opened.
const BASE = "../api/v1/";

/** An answer that says no: a problem of RFC 9457. */
export class ApiError extends Error {
  constructor(status, problem, etag) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = problem.code;
    this.problem = problem;
    this.problems = problem.problems ?? [];
    this.etag = etag;
  }
}

let signedOut = () => {};
export function whenSignedOut(listener) {
  signedOut = listener;
}

export const address = (path, query) => {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== "" && value !== undefined && value !== null && value !== false);
  const text = new URLSearchParams(pairs).toString();
  return BASE + path + (text ? `?${text}` : "");
};

/** Makes a part of a path of any name. */
export const part = (name) => encodeURIComponent(name);

/** The same for a name that is the end of a path: servers do not take an encoded slash. */
export const tail = (name) => name.split("/").map(part).join("/");

async function problemOf(response) {
  try {
    const body = await response.json();
    return body.error ? { detail: body.error.message, code: body.error.code } : body;
  } catch {
    return { title: `HTTP ${response.status}` };
  }
}

/** Sends a call and returns the response; refused ones are thrown. */
export async function send(method, path, { query, body, etag, accept, signal, key } = {}) {
  const headers = { Accept: accept ?? "application/json", "X-LLMProxy-UI": "1" };
  // Asked for even where there is no body: a page of another origin cannot send it.
  if (method !== "GET") headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(address(path, query), {
      method, headers, signal, cache: "no-store", credentials: "same-origin",
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new ApiError(0, { code: "unreachable", detail: "" });
  }
  // What a forward answered in the playground is an answer, whatever its status.
  if (response.ok || response.headers.has("X-LLMProxy-Playground")) return response;
  const error = new ApiError(response.status, await problemOf(response), response.headers.get("ETag"));
  if (response.status === 401 && path !== "session") signedOut();
  throw error;
}

async function read(response) {
  if (response.status === 204) return null;
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

export const get = async (path, query, more) => read(await send("GET", path, { query, ...more }));
export const post = async (path, body, more) => read(await send("POST", path, { body, ...more }));
export const put = async (path, body, more) => read(await send("PUT", path, { body, ...more }));
export const patch = async (path, body, more) => read(await send("PATCH", path, { body, ...more }));
export const remove = async (path, more) => read(await send("DELETE", path, more));

/** The value and its entity tag. */
export async function tagged(path, query, more) {
  const response = await send("GET", path, { query, ...more });
  const json = (response.headers.get("Content-Type") ?? "").includes("json");
  return { etag: response.headers.get("ETag"), value: json ? await response.json() : await response.text(), headers: response.headers };
}
