-- Makes random() give the same numbers in every demo. Needs: nothing.
SELECT setseed(0.42)
