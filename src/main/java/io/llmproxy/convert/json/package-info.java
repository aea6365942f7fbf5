/** JSON as conversion needs it: a tree that keeps order and the text of numbers, and the one place that knows Jackson. */
@NullMarked
package io.llmproxy.convert.json;

import org.jspecify.annotations.NullMarked;
