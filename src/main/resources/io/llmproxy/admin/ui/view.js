// What every module builds its views with.
import { h } from "preact";
import htm from "htm";

export { Component, Fragment, render } from "preact";
export { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
export const html = htm.bind(h);
