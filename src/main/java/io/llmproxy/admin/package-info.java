/** What operators see beside health and metrics. */
@NullMarked
package io.llmproxy.admin;

import org.jspecify.annotations.NullMarked;
