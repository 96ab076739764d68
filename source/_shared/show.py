import matplotlib.pyplot as plt


def show():
    plt.show()
    plt.close("all")
