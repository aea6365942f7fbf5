/** What observers write down of each exchange: Prometheus metrics and the access log. */
@NullMarked
package io.llmproxy.metrics;

import org.jspecify.annotations.NullMarked;
