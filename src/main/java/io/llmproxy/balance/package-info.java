/** Which member of a group gets the next request. Knows the configuration only. */
@NullMarked
package io.llmproxy.balance;

import org.jspecify.annotations.NullMarked;
