// Boost.JSON's own sources, compiled here and nowhere else.
#include <boost/json/src.hpp>
