/** Sends warnings to where operators read them. */
@NullMarked
package io.llmproxy.alert;

import org.jspecify.annotations.NullMarked;
