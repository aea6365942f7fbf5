/**
 * How much an answer took and what that costs: readers of the usage that upstreams report, estimates where they report
 * none, prices. A mechanism: it is given bytes and the time, knows only how the APIs write, and tells nothing to anyone.
 */
@NullMarked
package io.llmproxy.usage;

import org.jspecify.annotations.NullMarked;
