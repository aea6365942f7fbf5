/** Wires everything together, starts it in order and stops it in reverse. The only place that knows all packages. */
@NullMarked
package io.llmproxy.boot;

import org.jspecify.annotations.NullMarked;
